package service

import "time"

// Every pause is up to this part shorter or longer, so that many services do not come back in one moment.
const jitter = 0.25

// maxShift keeps the doubling from overflowing: long before it the cap holds.
const maxShift = 20

// pauseAfter is the pause after so many failures in a row (1: the first), doubling from delay to limit. random gives 0 to 1.
func pauseAfter(failures int, delay, limit time.Duration, random func() float64) time.Duration {
	pause := max(delay, limit)
	if shift := failures - 1; shift < maxShift {
		pause = min(pause, delay<<max(shift, 0))
	}
	return time.Duration(float64(pause) * (1 - jitter + 2*jitter*random()))
}
