import type { ConnectionTarget } from '../core/connection.js';
export declare function useEmbeddedServer(deps: unknown): Promise<ConnectionTarget>;
