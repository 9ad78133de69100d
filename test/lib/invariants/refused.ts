import { expect } from 'vitest';

/** Holds the statement to its refusal: the SQLSTATE, and the constraint or trigger that gave it. */
export async function refused(statement: Promise<unknown>, code: string, constraint?: string): Promise<void> {
  await expect(statement).rejects.toMatchObject({
    name: 'PostgresError',
    code,
    ...(constraint !== undefined && { constraint_name: constraint }),
  });
}
