export { formatBytes, formatCount, formatDuration, formatTime, plural } from '../core/format.js';
