import { ownCopies } from './case-file.ts';
import { families } from './families.ts';
import { reportCases } from './report.ts';

const paths = process.argv.slice(2);

process.exitCode = reportCases(paths.length > 0 ? paths : [ownCopies], families, {
  line: (text) => process.stdout.write(`${text}\n`),
  complaint: (text) => process.stderr.write(`${text}\n`),
});
