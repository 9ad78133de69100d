import { createOpenTool, createRunTool } from '../../src/lib/core/process.js';

/** Starts programs as the command line does. */
export const testRunTool = createRunTool(process.env);
export const testOpenTool = createOpenTool(process.env);
