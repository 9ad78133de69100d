import type { Random } from '../random.js';
import type { ClaimDomain, Judge } from '../vocabulary.js';

/** Sentences with alternatives: `{a|b|c}` stands for one of them. */
const CLAIMS: Readonly<Record<ClaimDomain, readonly string[]>> = {
  empirical: [
    'The boiling point of water at {sea level|1,500 m|3,000 m} is {100|95|90} degrees Celsius.',
    'Global mean temperature rose by {0.9|1.1|1.3} degrees since {1880|1900|1950}.',
    'A dose of {50|100|200} mg lowers blood pressure in {most|some} adults within {two|four} weeks.',
    'The sensor array at site {A|B|C|D} reports {12|18|27} percent more ozone than last {spring|autumn}.',
    'Regular exercise reduces the risk of {stroke|diabetes|depression} by {20|30|40} percent.',
  ],
  aesthetic: [
    'The {facade|interior|courtyard} of the new {library|station|museum} harmonises with its quarter.',
    'This {sonata|mural|poem} conveys {longing|calm|unrest} through {repetition|contrast|silence}.',
    'The {blue|warm|muted} palette suits the {autumn|spring} collection better than the old one.',
    'Readers find the {serif|grotesque} typeface more {elegant|inviting} on screens.',
  ],
  ethical: [
    'Sharing anonymised {health|location|purchase} data is justified for {research|public safety|planning}.',
    'An autonomous {vehicle|drone|broker} should {always|never} override its operator in an emergency.',
    'It is fair to rank {patients|applicants|tenants} by {need|order of arrival|expected benefit}.',
    'Companies owe {compensation|an apology|disclosure} for harm their {models|products} cause.',
  ],
  logical: [
    'If all {ravens|signals|proofs} are {black|valid|finite} and x is one of them, then x is {black|valid|finite}.',
    'The {scheduler|parser|protocol} terminates for every {finite|well-formed|bounded} input.',
    'Policies {A|B|C} and {D|E|F} cannot both hold while the budget is fixed.',
    'From the {three|four|five} premises given, the conclusion follows without further assumptions.',
  ],
  social: [
    'Remote work {strengthens|weakens} trust within teams of {five|twelve|forty} people.',
    'The {district|guild|council} gains influence when {budgets|minutes|votes} are published.',
    'Public {transport|housing|childcare} narrows the gap between {rural|suburban} and urban households.',
    'A {four-day week|rotating chair|citizen assembly} raises participation in {municipal|union} decisions.',
  ],
  creative: [
    'A {novel|game|ballet} told from the point of view of the {city|river|machine} would find an audience.',
    'Combining {folk|electronic|chamber} music with {field recordings|algorithms|spoken word} opens a new form.',
    'The {origami|coral|mycelium} pattern suggests a {foldable|self-healing} antenna.',
    'Letting {visitors|students|robots} rearrange the exhibition each {day|week} makes it memorable.',
  ],
};

/** How often each domain is asked about. */
const DOMAIN_SHARES: readonly (readonly [ClaimDomain, number])[] = [
  ['empirical', 30],
  ['social', 20],
  ['ethical', 16],
  ['logical', 14],
  ['aesthetic', 10],
  ['creative', 10],
];

/** The frameworks a claim of the domain is usually put to, the most telling first. */
const PANELS: Readonly<Record<ClaimDomain, readonly Judge[]>> = {
  empirical: ['empirical', 'consistency', 'utility', 'contextual'],
  aesthetic: ['contextual', 'evolution', 'utility', 'consistency'],
  ethical: ['power_dynamics', 'contextual', 'consistency', 'utility'],
  logical: ['consistency', 'empirical', 'utility', 'evolution'],
  social: ['power_dynamics', 'contextual', 'utility', 'empirical'],
  creative: ['evolution', 'contextual', 'utility', 'power_dynamics'],
};

const FLAWS = [
  [0, 80],
  [0.22, 14],
  [0.5, 6],
] as const;

export interface Claim {
  readonly domain: ClaimDomain;
  readonly content: string;
  /** Three frameworks, the first with the most weight. */
  readonly panel: readonly Judge[];
  /** What a bad claim loses of its score with every framework; 0 for most. */
  readonly flaw: number;
}

/** Draws a claim and the frameworks that are asked about it. */
export function drawClaim(random: Random): Claim {
  const domain = random.weighted(DOMAIN_SHARES);
  const sentence = random.pick(CLAIMS[domain]);
  const content = sentence.replace(/\{([^}]+)\}/g, (_, choices: string) => random.pick(choices.split('|')));
  const [first, ...others] = PANELS[domain];
  const panel = [...(first === undefined ? [] : [first]), ...random.sample(others, 2)];
  return { domain, content, panel, flaw: random.weighted(FLAWS) };
}
