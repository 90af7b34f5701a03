//go:build race

package zarr

// raceEnabled: the detector makes pools forget, which then allocate.
const raceEnabled = true
