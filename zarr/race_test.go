//go:build race

package zarr

const raceEnabled = true

// RaceEnabled is for the tests of the outside.
const RaceEnabled = raceEnabled
