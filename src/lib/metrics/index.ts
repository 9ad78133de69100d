export { alertRules } from './alert-rules.js';
export { grafanaDashboard } from './grafana-dashboard.js';
export { observe } from './observe.js';
export { renderMetrics } from './render.js';
export { serveMetrics, type MetricsServer, type ServeOptions } from './serve.js';
export { writeTextfile } from './textfile.js';
export { metricsResultSchema, monitoringFileSchema, serveResultSchema } from './types.js';
