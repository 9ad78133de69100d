export { loadConfig, type Config, type ConfigOptions, type EffectiveSetting } from './config.js';
export {
  SETTING_NAMES,
  settingDefinition,
  LOG_FORMATS,
  type SettingName,
  type LogFormat,
} from './settings.js';
export type { Environment } from './sources.js';
export { findPassword, formatPassfileLine } from './pgpass.js';
export type { S3Settings } from './s3.js';
