import { describe, expect, test } from 'vitest';
import { parseConnectionUrl } from '../../../../src/lib/core/config/connection-url.js';

const GOOD: readonly (readonly [url: string, parts: Record<string, string>])[] = [
  ['postgresql://', {}],
  ['postgres://', {}],
  ['postgresql://localhost', { host: 'localhost' }],
  ['postgresql://localhost:5433', { host: 'localhost', port: '5433' }],
  ['postgresql://localhost/mydb', { host: 'localhost', database: 'mydb' }],
  ['postgresql://user@localhost', { user: 'user', host: 'localhost' }],
  ['postgresql://user:secret@localhost', { user: 'user', password: 'secret', host: 'localhost' }],
  ['postgresql:///mydb', { database: 'mydb' }],
  ['postgresql://user@/mydb', { user: 'user', database: 'mydb' }],
  ['postgresql://user:pw@:5433/mydb', { user: 'user', password: 'pw', port: '5433', database: 'mydb' }],
  ['postgresql://:5433', { port: '5433' }],
  ['postgresql://:pw@h', { password: 'pw', host: 'h' }],
  ['postgresql://u:@h', { user: 'u', host: 'h' }],
  ['postgresql://u@h:/d', { user: 'u', host: 'h', database: 'd' }],
  ['postgresql://[::1]:5432/d', { host: '::1', port: '5432', database: 'd' }],
  ['postgresql://[2001:db8::1234]/d', { host: '2001:db8::1234', database: 'd' }],
  ['postgresql://u@[fe80::1%25eth0]/d', { user: 'u', host: 'fe80::1%eth0', database: 'd' }],
  ['postgresql://%2Fvar%2Flib%2Fpostgresql/d', { host: '/var/lib/postgresql', database: 'd' }],
  [
    'postgresql:///d?host=/run/postgresql&port=5433',
    { database: 'd', host: '/run/postgresql', port: '5433' },
  ],
  [
    'postgresql://u:a%3Ab%40c%2Fd%3Fe%23f%25g@h/d',
    { user: 'u', password: 'a:b@c/d?e#f%g', host: 'h', database: 'd' },
  ],
  ['postgresql://u:a:b:c@h', { user: 'u', password: 'a:b:c', host: 'h' }],
  ['postgresql://u:p#w@h/d', { user: 'u', password: 'p#w', host: 'h', database: 'd' }],
  ['postgresql://u:p?w=1@h/d', { user: 'u', password: 'p?w=1', host: 'h', database: 'd' }],
  ['postgresql://u:a+b@h?password=c+d', { user: 'u', password: 'c+d', host: 'h' }],
  ['postgresql://u:pässwörd€@h', { user: 'u', password: 'pässwörd€', host: 'h' }],
  ['postgresql://u:%F0%9F%90%98@h', { user: 'u', password: '🐘', host: 'h' }],
  ['postgresql://u:a\nb@h', { user: 'u', password: 'a\nb', host: 'h' }],
  ['postgresql://u:pw@h/d ', { user: 'u', password: 'pw', host: 'h', database: 'd ' }],
  ['postgresql://h/a/../b', { host: 'h', database: 'a/../b' }],
  ['postgresql://h/my%20db?dbname=other', { host: 'h', database: 'other' }],
  [
    'postgresql://h?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    { host: 'h', sslMode: 'verify-full', sslRootCert: '/etc/ca.pem' },
  ],
  ['postgresql://h?ssl=true', { host: 'h', sslMode: 'require' }],
  ['postgresql://h?sslmode=', { host: 'h' }],
  ['postgresql://h?application_name=a%26b%3Dc', { host: 'h', applicationName: 'a&b=c' }],
  ['postgresql://h?options=-c%20work_mem%3D64MB', { host: 'h', options: '-c work_mem=64MB' }],
  ['postgresql://h?connect_timeout=3&connect_timeout=5', { host: 'h', connectTimeout: '5' }],
  ['postgresql://h?keepalives=1&gssencmode=disable&channel_binding=prefer', { host: 'h' }],
  ['postgresql://H.Example.ORG/D', { host: 'H.Example.ORG', database: 'D' }],
];

const BAD: readonly (readonly [url: string, problem: RegExp])[] = [
  ['', /must start with postgresql/],
  ['mysql://u:CANARY@h/d', /must start with postgresql/],
  ['POSTGRESQL://u:CANARY@h/d', /must start with postgresql/],
  ['host=h password=CANARY', /must start with postgresql/],
  ['postgresql://u:CANARY%zz@h', /broken percent-encoding/],
  ['postgresql://u:CANARY%@h', /broken percent-encoding/],
  ['postgresql://u:CANARY%00@h', /%00/],
  ['postgresql://u:CANARY%ff@h', /not UTF-8/],
  ['postgresql://h?password=CANARY%zz', /broken percent-encoding/],
  ['postgresql://u:CANARY/X@h/d', /port that is no number.*%2F/],
  ['postgresql://h:CANARY/d', /port that is no number/],
  ['postgresql://h1,h2/d', /several hosts/],
  ['postgresql://u:CANARY@h1:1,h2:2/d', /several hosts/],
  ['postgresql://u:CANARY@/d?host=h1,h2', /several hosts/],
  ['postgresql://[::1/d', /square brackets/],
  ['postgresql://[]/d', /empty IPv6/],
  ['postgresql://[::1]CANARY/d', /square brackets/],
  ['postgresql://h?schema=public', /unknown parameter "schema"/],
  ['postgresql://h?sslmode', /keyword=value/],
  ['postgresql://h?sslmode=a=CANARY', /keyword=value/],
  ['postgresql://u:12/34?CANARY=5@h/d', /wrong place/],
  ['postgresql://h?service=prod', /service.*does not support/],
  ['postgresql://h?hostaddr=10.0.0.1', /hostaddr.*does not support/],
  ['postgresql://h?channel_binding=require', /channel_binding.*verify-full/],
  ['postgresql://h?target_session_attrs=read-write', /target_session_attrs/],
];

describe('parseConnectionUrl', () => {
  test.each(GOOD)('%j', (url, parts) => {
    expect(parseConnectionUrl(url)).toEqual({ ok: true, parts });
  });

  test.each(BAD)('refuses %j', (url, problem) => {
    const parsed = parseConnectionUrl(url);
    expect(parsed.ok ? 'no problem' : parsed.problem).toMatch(problem);
  });

  test('a problem never repeats a value', () => {
    for (const [url] of BAD) expect(JSON.stringify(parseConnectionUrl(url))).not.toContain('CANARY');
  });

  test('a password of every printable character survives the encoding', () => {
    const password = Array.from({ length: 0x17f - 0x20 }, (_, i) => String.fromCodePoint(0x20 + i)).join('');
    const parsed = parseConnectionUrl(`postgresql://u:${encodeURIComponent(password)}@h/d`);
    expect(parsed).toEqual({ ok: true, parts: { user: 'u', password, host: 'h', database: 'd' } });
  });

  test.each(Array.from({ length: 0x5f }, (_, i) => String.fromCodePoint(0x20 + i)))(
    'a password with %j and no encoding is taken as it is, or refused without being shown',
    (char) => {
      const parsed = parseConnectionUrl(`postgresql://u:CAN${char}ARY@h/d`);
      if (parsed.ok && char !== '@') expect(parsed.parts.password).toBe(`CAN${char}ARY`);
      if (!parsed.ok) expect(parsed.problem).not.toMatch(/CAN|ARY/);
      // libpq, too, ends the user name and password at the first @.
      if (char === '@') expect(parsed).toMatchObject({ ok: true, parts: { password: 'CAN', host: 'ARY@h' } });
    },
  );
});
