//go:build race

package memory

const raceEnabled = true

// RaceEnabled is for the tests of the outside.
const RaceEnabled = raceEnabled
