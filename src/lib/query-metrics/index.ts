/** Prometheus metrics of the repositories: what `import ... from 'bk-db/metrics'` gives. Needs prom-client. */
export { createQueryMetrics } from './create-query-metrics.js';
