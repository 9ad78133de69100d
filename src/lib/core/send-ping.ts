/** Node's and undici's names for what goes wrong with a request, in words; others are told by their name. */
const PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host is unreachable',
  UND_ERR_SOCKET: 'the connection was closed',
};

/**
 * Posts a short text to a URL, within the time given. What cannot be delivered is told by the problem that is
 * returned; it never throws and never holds the URL, which may be a secret.
 */
export async function sendPing(url: URL, body: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.ok ? undefined : `it was answered with status ${response.status}`;
  } catch (error) {
    return problemOf(error, timeoutMs);
  }
}

function problemOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'it could not be sent';
  if (error.name === 'TimeoutError') return `there was no answer within ${timeoutMs / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return (code === undefined ? undefined : (PROBLEMS[code] ?? code)) ?? 'it could not be sent';
}
