/** Values of `bk.framework_kind` that judge claims; meta, which judges the others, is left out. */
export const JUDGES = [
  'empirical',
  'contextual',
  'consistency',
  'power_dynamics',
  'utility',
  'evolution',
] as const;
export type Judge = (typeof JUDGES)[number];

/** All values of `bk.framework_kind`. */
export const FRAMEWORKS = [...JUDGES, 'meta'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** Values of `bk.claim_domain`. */
export type ClaimDomain = 'empirical' | 'aesthetic' | 'ethical' | 'logical' | 'social' | 'creative';

/** The theory of truth each framework judges by. */
export const PHILOSOPHY: Readonly<Record<Judge, string>> = {
  empirical: 'positivist',
  contextual: 'interpretivist',
  consistency: 'coherence',
  power_dynamics: 'constructivist',
  utility: 'pragmatist',
  evolution: 'pragmatist',
};

/** How well a claim of a domain fares with a framework: the mean score. */
export const AFFINITY: Readonly<Record<ClaimDomain, Readonly<Record<Judge, number>>>> = {
  empirical: {
    empirical: 0.88,
    contextual: 0.64,
    consistency: 0.82,
    power_dynamics: 0.58,
    utility: 0.74,
    evolution: 0.66,
  },
  aesthetic: {
    empirical: 0.42,
    contextual: 0.84,
    consistency: 0.61,
    power_dynamics: 0.63,
    utility: 0.68,
    evolution: 0.72,
  },
  ethical: {
    empirical: 0.51,
    contextual: 0.78,
    consistency: 0.74,
    power_dynamics: 0.8,
    utility: 0.7,
    evolution: 0.62,
  },
  logical: {
    empirical: 0.72,
    contextual: 0.57,
    consistency: 0.93,
    power_dynamics: 0.55,
    utility: 0.69,
    evolution: 0.6,
  },
  social: {
    empirical: 0.62,
    contextual: 0.8,
    consistency: 0.66,
    power_dynamics: 0.84,
    utility: 0.72,
    evolution: 0.65,
  },
  creative: {
    empirical: 0.38,
    contextual: 0.77,
    consistency: 0.52,
    power_dynamics: 0.57,
    utility: 0.7,
    evolution: 0.86,
  },
};
