import { describeConformance } from './conformance.js';
import { NODE } from './languages/node.js';

describeConformance(NODE);
