/** What monitoring is told of. */
export type PingEvent = 'start' | 'success' | 'fail';

/**
 * Where an event is told: `{event}` in the URL is replaced by its name; without it the path is followed by `/start`,
 * by nothing after a success, by `/fail` (healthchecks.io and its relatives). Pure.
 */
export function pingUrlOf(url: string, event: PingEvent): URL {
  if (url.includes('{event}')) return new URL(url.replaceAll('{event}', event));
  const result = new URL(url);
  if (event !== 'success') result.pathname = `${result.pathname.replace(/\/$/, '')}/${event}`;
  return result;
}
