import type { Node } from 'libpg-query';
import { DANGERS, type Danger } from './dangers.js';
import { fieldsOf, findAll, stringsOf } from './nodes.js';

/** Settings that take away the limit on waiting for a lock. */
export function settingDangers(statement: Node): readonly Danger[] {
  const set = fieldsOf(statement, 'VariableSetStmt');
  const discard = fieldsOf(statement, 'DiscardStmt');
  const removes =
    set?.kind === 'VAR_RESET_ALL' ||
    discard?.target === 'DISCARD_ALL' ||
    (set?.name === 'lock_timeout' && isUnlimited(set.args?.[0])) ||
    findAll(statement, 'FuncCall').some(
      ({ funcname, args = [] }) =>
        stringsOf(funcname).at(-1) === 'set_config' &&
        fieldsOf(args[0], 'A_Const')?.sval?.sval?.toLowerCase() === 'lock_timeout' &&
        isUnlimited(args[1]),
    );
  return removes ? [DANGERS.noLockTimeout] : [];
}

/** Zero in any unit, and DEFAULT, which is zero unless the server says otherwise. */
function isUnlimited(value: Node | undefined): boolean {
  if (value === undefined) return true;
  const constant = fieldsOf(value, 'A_Const');
  if (constant?.ival !== undefined) return (constant.ival.ival ?? 0) === 0;
  return /^\s*0+(\.0*)?\s*[a-z]*\s*$/i.test(constant?.sval?.sval ?? '');
}
