import { describeConformance } from './conformance.js';
import { GO } from './languages/go.js';

describeConformance(GO);
