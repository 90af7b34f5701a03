// Package torture says how long the tests that try their luck go on: kills at
// random instants, random sequences of calls. Each run of the tests tries a
// few times; `make torture` sets OUTCORE_TORTURE and tries hundreds of times.
package torture

import "os"

// Env names the variable that asks for the long tests; any value but "" does.
const Env = "OUTCORE_TORTURE"

// Rounds is how often to try: few, or many where the long tests were asked for.
func Rounds(few, many int) int {
	if os.Getenv(Env) != "" {
		return many
	}
	return few
}
