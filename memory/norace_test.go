//go:build !race

package memory

const raceEnabled = false

// RaceEnabled is for the tests of the outside.
const RaceEnabled = raceEnabled
