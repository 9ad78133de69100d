export { examine, type DoctorDeps } from './doctor.js';
export { doctorReportSchema, type Diagnosis, type DoctorReport } from './types.js';
