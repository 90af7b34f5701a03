package s3blob

import (
	"testing"

	"github.com/outcore/outcore/blob/drivertest"
)

// large takes three parts.
const large = 2*minPartSize + 12345

// gofakes3 gives one ETag when an upload in parts is completed and another
// afterwards, and checks no condition then: the test stays below the part size.
func TestDriverOnFakeServer(t *testing.T) {
	drivertest.Run(t, prefixes(fakeServer(t)), drivertest.Config{Rounds: 10, Large: 3 << 20})
}

func TestDriverOnRealServer(t *testing.T) {
	drivertest.Run(t, prefixes(realServer(t)), drivertest.Config{Rounds: 10, Large: large})
}
