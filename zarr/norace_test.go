//go:build !race

package zarr

const raceEnabled = false

// RaceEnabled is for the tests of the outside.
const RaceEnabled = raceEnabled
