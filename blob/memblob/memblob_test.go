package memblob

import (
	"context"
	"fmt"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/drivertest"
)

func TestDriver(t *testing.T) {
	places := 0
	drivertest.Run(t, func(t *testing.T) drivertest.Place {
		places++
		addr := fmt.Sprintf("mem://place-%d/dir", places)
		return func() *blob.Bucket {
			b, err := blob.Open(context.Background(), addr)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}, drivertest.Config{Rounds: 200})
}
