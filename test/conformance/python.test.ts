import { describeConformance } from './conformance.js';
import { PYTHON } from './languages/python.js';

describeConformance(PYTHON);
