package icechunktest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/blob/s3blob"
	"github.com/outcore/outcore/internal/s3test"
	"github.com/outcore/outcore/internal/torture"
)

// seed is that of the games; OUTCORE_TORTURE=N plays those of seed N.
func seed() uint64 {
	n, err := strconv.ParseUint(os.Getenv(torture.Env), 10, 64)
	switch {
	case os.Getenv(torture.Env) == "":
		return 1
	case err != nil || n <= 1:
		return rand.Uint64()
	}
	return n
}

// local plays in directories, the repository made by the first actor.
func local(t *testing.T, s Settings, actors ...Actor) func() *Game {
	return func() *Game {
		return &Game{Where: Where{Local: t.TempDir()}, Settings: s, Actors: [2]Actor{actors[0], actors[1]}}
	}
}

// onDisk is our engine on plain directories.
func onDisk(t *testing.T) *Ours {
	o := &Ours{Bucket: func(w Where) (*blob.Bucket, error) { return blob.Open(context.Background(), w.Local) }}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// TestOfficialEngines plays the official engines against each other: what
// fails here is a mistake of the game.
func TestOfficialEngines(t *testing.T) {
	node, python := StartNode(t), StartPython(t)
	Match(t, torture.Rounds(100, 2000), seed(), local(t, Settings{Inline: 512, Split: 3}, node, python))
}

// The repository is made by the official engine, and by us.
func TestAgainstNode(t *testing.T) {
	node := StartNode(t)
	n := torture.Rounds(1000, 5000)
	t.Run("theirs", func(t *testing.T) {
		Match(t, n, seed(), local(t, Settings{Inline: 512}, node, onDisk(t)))
	})
	t.Run("ours", func(t *testing.T) {
		Match(t, n, seed()+1, local(t, Settings{Inline: 20, Split: 3}, onDisk(t), node))
	})
}

func TestAgainstPython(t *testing.T) {
	Match(t, torture.Rounds(200, 2000), seed()+2, local(t, Settings{Inline: 512, Split: 4}, onDisk(t), StartPython(t)))
}

func TestOnS3(t *testing.T) {
	node := StartNode(t)
	dir := t.TempDir()
	const bucket = "bucket"
	if err := os.Mkdir(filepath.Join(dir, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	endpoint := s3test.Serve(t, dir)
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	ours := &Ours{Bucket: func(w Where) (*blob.Bucket, error) {
		profile := &s3blob.Profile{Endpoint: u, Region: w.S3.Region, Creds: credentials.NewStaticV4(w.S3.User, w.S3.Password, "")}
		b, err := s3blob.New(profile, w.S3.Bucket, w.S3.Prefix, blob.Config{})
		if err != nil {
			return nil, err
		}
		return blob.New(b, "s3://"+w.S3.Bucket+"/"+w.S3.Prefix), nil
	}}
	t.Cleanup(func() { ours.Close() })
	games := 0
	game := func(actors ...Actor) func() *Game {
		return func() *Game {
			games++
			where := &S3{Bucket: bucket, Prefix: fmt.Sprint("game", games), Endpoint: endpoint, User: s3test.User, Password: s3test.Password, Region: s3test.Region}
			return &Game{Where: Where{S3: where}, Settings: Settings{Inline: 512}, Actors: [2]Actor{actors[0], actors[1]}}
		}
	}
	n := torture.Rounds(150, 1500)
	t.Run("theirs", func(t *testing.T) { Match(t, n, seed()+3, game(node, ours)) })
	t.Run("ours", func(t *testing.T) { Match(t, n, seed()+4, game(ours, node)) })
}
