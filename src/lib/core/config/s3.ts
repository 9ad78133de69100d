import { join } from 'node:path';
import { Secret } from '../secret.js';
import type { ResolvedSettings } from './resolve.js';

/** What leads to object storage; the names of the variables are those of Amazon's own tools. */
export interface S3Settings {
  /** `s3://bucket/prefix`. */
  readonly remote: string | undefined;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: Secret | undefined;
  readonly sessionToken: Secret | undefined;
  readonly credentialsFile: string;
  readonly profile: string;
}

/** Where nothing else is said, and what storages other than Amazon's mostly expect. */
const DEFAULT_REGION = 'us-east-1';

export function completeS3({ values }: ResolvedSettings, home: string): S3Settings {
  const secret = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));
  return {
    remote: values.remote,
    endpoint: values.s3Endpoint,
    region: values.s3Region ?? DEFAULT_REGION,
    accessKeyId: values.s3AccessKeyId,
    secretAccessKey: secret(values.s3SecretAccessKey),
    sessionToken: secret(values.s3SessionToken),
    credentialsFile: values.s3CredentialsFile ?? join(home, '.aws/credentials'),
    profile: values.s3Profile ?? 'default',
  };
}
