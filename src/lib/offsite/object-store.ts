import { BkDbError } from '../core/errors.js';
import { contentTagOf } from './content-tag.js';
import type { S3Client } from './s3-client.js';
import { elementsOf, textOf } from './s3-xml.js';

/** An object as a listing shows it. */
export interface RemoteObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** Every object whose key begins so. */
export async function listObjects(client: S3Client, prefix: string): Promise<RemoteObject[]> {
  const objects: RemoteObject[] = [];
  let token: string | undefined;
  do {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix,
      ...(token === undefined ? {} : { 'continuation-token': token }),
    };
    const xml = await (await client.send({ method: 'GET', key: '', query })).text();
    objects.push(...elementsOf(xml, 'Contents').map(objectOf));
    token = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined;
  } while (token !== undefined);
  return objects;
}

function objectOf(xml: string): RemoteObject {
  return {
    // Encoded as in a query, where a space is a plus.
    key: decodeURIComponent((textOf(xml, 'Key') ?? '').replaceAll('+', ' ')),
    sizeBytes: Number(textOf(xml, 'Size')),
    modifiedAt: new Date(textOf(xml, 'LastModified') ?? 0),
  };
}

/** Name of our note of an object's SHA-256. */
const SHA256_HEADER = 'x-amz-meta-sha256';

/** Size, noted SHA-256 and tag of an object; undefined when there is none. */
export async function headObject(client: S3Client, key: string) {
  const response = await client.send({ method: 'HEAD', key, accept: [200, 404] });
  if (response.status === 404) return undefined;
  return {
    sizeBytes: Number(response.headers.get('content-length')),
    sha256: response.headers.get(SHA256_HEADER) ?? undefined,
    tag: contentTagOf(response.headers),
  };
}

export async function putObject(
  client: S3Client,
  key: string,
  body: Uint8Array,
  sha256: string,
): Promise<void> {
  await client.send({ method: 'PUT', key, body, headers: { [SHA256_HEADER]: sha256 } });
}

/** A piece of an object, as bytes; shorter than asked for means that the object is. */
export async function getRange(
  client: S3Client,
  key: string,
  { from, bytes }: { readonly from: number; readonly bytes: number },
): Promise<Buffer> {
  const headers = { range: `bytes=${from}-${from + bytes - 1}` };
  const response = await client.send({ method: 'GET', key, headers, accept: [200, 206, 416] });
  if (response.status === 416) return Buffer.alloc(0);
  return Buffer.from(await response.arrayBuffer());
}

/** A small object as text; undefined when there is none. */
export async function getText(client: S3Client, key: string): Promise<string | undefined> {
  const response = await client.send({ method: 'GET', key, accept: [200, 404] });
  const text = await response.text();
  return response.status === 404 ? undefined : text;
}

/** One that is not there counts as removed. */
export async function removeObject(client: S3Client, key: string): Promise<void> {
  await client.send({ method: 'DELETE', key, accept: [200, 204, 404] });
}

/** Begins an object that is sent in parts. */
export async function createUpload(client: S3Client, key: string, sha256: string): Promise<string> {
  const headers = { [SHA256_HEADER]: sha256 };
  const response = await client.send({ method: 'POST', key, query: { uploads: '' }, headers });
  const id = textOf(await response.text(), 'UploadId');
  if (id !== undefined) return id;
  throw new BkDbError('IO', 'the object storage began no upload in parts', {
    hint: 'It is perhaps not compatible with S3; report its name.',
  });
}

/** Sends a part and gives its tag. */
export async function uploadPart(
  client: S3Client,
  { key, uploadId, number }: { readonly key: string; readonly uploadId: string; readonly number: number },
  body: Uint8Array,
): Promise<string> {
  const query = { partNumber: String(number), uploadId };
  const response = await client.send({ method: 'PUT', key, query, body });
  return response.headers.get('etag') ?? '';
}

/** Puts the parts together. The answer may be an error although its status is 200. */
export async function completeUpload(
  client: S3Client,
  {
    key,
    uploadId,
    tags,
  }: { readonly key: string; readonly uploadId: string; readonly tags: readonly string[] },
): Promise<void> {
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const response = await client.send({ method: 'POST', key, query: { uploadId }, body });
  const answer = await response.text();
  const code = answer.includes('<Error>') ? textOf(answer, 'Code') : undefined;
  if (code !== undefined)
    throw new BkDbError('IO', `the object storage could not put ${key} together: ${code}`, {
      hint: 'Try again.',
    });
}
