export { observe, Observer, type Unreachable } from './observe.js';
export { renderMetrics, type Observation, type RenderedMetrics } from './render.js';
export { serveMetrics, type MetricsServer, type ServeOptions } from './serve.js';
export { writeTextfile } from './textfile.js';
export { metricsResultSchema, serveResultSchema } from './types.js';
