package fileblob

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/drivertest"
)

func openDir(t *testing.T, dir string) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestDriver(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) drivertest.Place {
		dir := filepath.Join(t.TempDir(), "made", "by", "put")
		return func() *blob.Bucket { return openDir(t, dir) }
	}, drivertest.Config{Rounds: 10})
}
