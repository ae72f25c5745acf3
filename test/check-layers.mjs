/** The layer rules, and proof that the tool looked: with a TypeScript it cannot read, dependency-cruiser sees 0 modules and exits 0. */
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.cjs';

const least = 60;
const { output } = await cruise(['src'], { ruleSet: { forbidden: config.forbidden }, validate: true, ...config.options });
const { error, totalCruised, violations } = output.summary;
for (const { from, to, rule } of violations) console.log(`${rule.name}: ${from} → ${to}`);
console.log(`${totalCruised} modules`);
if (error > 0 || totalCruised < least) process.exitCode = 1;
