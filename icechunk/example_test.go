package icechunk_test

import (
	"context"
	"fmt"
	"log"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/zarr"
)

func Example() {
	ctx := context.Background()
	b, err := blob.Open(ctx, "mem://") // or a directory, or s3://bucket/prefix
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		log.Fatal(err)
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		log.Fatal(err)
	}
	if err := zarr.CreateGroup(ctx, s, "/lab", nil); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Commit(ctx, "the first group"); err != nil {
		log.Fatal(err)
	}
	for info, err := range r.Log(ctx, "main") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.Message)
	}
	// Output:
	// the first group
	// Repository initialized
}

// Two sessions begin at one snapshot; the second to commit rebases.
func ExampleWithRebase() {
	ctx := context.Background()
	b, err := blob.Open(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var sessions []*icechunk.Session
	for _, name := range []string{"/a", "/b", "/b"} {
		s, err := r.Session(ctx, "main")
		if err != nil {
			log.Fatal(err)
		}
		if err := zarr.CreateGroup(ctx, s, name, nil); err != nil {
			log.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	for _, s := range sessions {
		_, err := s.Commit(ctx, "a group", icechunk.WithRebase(icechunk.Solver{}))
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// mem://: icechunk: others committed what is in the way: NewNodeConflictsWithExistingNode /b (fix: make the change again on a new session, or rebase with a solver)
}
