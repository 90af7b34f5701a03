package icechunktest

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/internal/torture"
)

// seed is that of the games: 1, but of `make torture` one of its own each, or N
// where OUTCORE_TORTURE is N.
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
	t.Parallel()
	node := StartNode(t)
	n := torture.Rounds(1000, 5000)
	t.Run("theirs", func(t *testing.T) {
		Match(t, n, seed(), local(t, Settings{Inline: 512}, node, onDisk(t)))
	})
	t.Run("ours", func(t *testing.T) {
		Match(t, n, seed(), local(t, Settings{Inline: 20, Split: 3}, onDisk(t), node))
	})
}

func TestAgainstPython(t *testing.T) {
	t.Parallel()
	Match(t, torture.Rounds(200, 2000), seed(), local(t, Settings{Inline: 512, Split: 4}, onDisk(t), StartPython(t)))
}
