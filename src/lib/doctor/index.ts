export { examine } from './doctor.js';
export { doctorReportSchema } from './types.js';
