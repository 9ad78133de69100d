import { describe, expect, it } from 'vitest';
import { formatManifest, parseManifest } from '../../../src/lib/backup/manifest.js';
import { manifestOf } from '../../support/manifest.js';

describe('manifest', () => {
  const text = formatManifest(manifestOf({ label: 'größe' }));

  it('is read back as it was written', () => {
    expect(parseManifest(text)).toEqual(manifestOf({ label: 'größe' }));
  });

  it('notices every flipped bit', () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      expect(() => parseManifest(damaged.toString('utf8')), `byte ${at}`).toThrow(/^it|^its/);
    }
  });

  it('notices every shortening', () => {
    for (let length = 0; length < text.length; length++)
      expect(() => parseManifest(text.slice(0, length))).toThrow();
  });

  it('says that a later format is unknown', () => {
    const later = formatManifest({ ...manifestOf(), formatVersion: 2 as 1 });
    expect(() => parseManifest(later)).toThrow('its format version 2 is unknown to this bk-db');
  });
});
