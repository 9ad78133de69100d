export { destroyServer } from './destroy.js';
export { serverLogs } from './logs.js';
export { requireServer } from './require-server.js';
export { withScratchServer } from './scratch-server.js';
export { startServer } from './start.js';
export { serverStatus } from './status.js';
export { stopServer } from './stop.js';
export { serverUrl } from './url.js';
export { useEmbeddedServer } from './use.js';
export {
  serverDestroySchema,
  serverLogsSchema,
  serverStartSchema,
  serverStatusSchema,
  serverStopSchema,
  serverUrlSchema,
  type ServerDeps,
  type ServerStatus,
} from './types.js';
