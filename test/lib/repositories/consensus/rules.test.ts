import { expect, test } from 'vitest';
import { refinedKey, rulesFor } from '../../../../src/lib/repositories/consensus/rules.js';

test.each([
  [{ proposalType: 'claim_validation' }, '0.6', '0.6'],
  [{ proposalType: 'claim_validation', priority: 2 }, '0.6', '0.8'],
  [{ proposalType: 'emergency_override', priority: 1 }, '0.6', '0.8'],
  [{ proposalType: 'ethical_guideline', priority: 1 }, '0.6', '0.9'],
  [{ proposalType: 'policy_change', domain: 'social' }, '0.6', '0.6'],
  [{ proposalType: 'policy_change', domain: 'ethical' }, '1', '0.6'],
] as const)('%o needs a quorum of %s and a score of %s', (subject, quorumFraction, approvalThreshold) => {
  expect(rulesFor(subject)).toEqual({ quorumFraction, approvalThreshold });
});

test.each([
  ['climate', 'climate-v2'],
  ['climate-v2', 'climate-v3'],
  ['climate-v9', 'climate-v10'],
  ['climate-validation', 'climate-validation-v2'],
  ['a-v2-b', 'a-v2-b-v2'],
])('%s is refined as %s', (key, refined) => {
  expect(refinedKey(key)).toBe(refined);
});
