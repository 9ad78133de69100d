export { observe } from './observe.js';
export { renderMetrics } from './render.js';
export { serveMetrics, type MetricsServer, type ServeOptions } from './serve.js';
export { writeTextfile } from './textfile.js';
export { metricsResultSchema, serveResultSchema } from './types.js';
