// Package torture says how long the tests that try their luck go on, and with
// which luck: kills at random instants, random sequences of calls. Each run of
// the tests tries a few times, the same ones; `make torture` sets
// OUTCORE_TORTURE and tries hundreds of times, other ones each time.
package torture

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Env names the variable that asks for the long tests; any value but "" does.
// A number is also the seed of Rand, to try again what failed.
const Env = "OUTCORE_TORTURE"

// Rounds is how often to try: few, or many where the long tests were asked for.
func Rounds(few, many int) int {
	if os.Getenv(Env) != "" {
		return many
	}
	return few
}

// Rand gives the random numbers of a test, and says with its failure how to
// have the same ones again: by the number in Env. That is 1 where no long
// tests were asked for; Env=1 asks for long tests with numbers of their own.
func Rand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if v := os.Getenv(Env); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil || n <= 1 {
			n = rand.Uint64()
		}
		seed = n
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again with %s=%d", Env, seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}
