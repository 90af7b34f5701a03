package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/memory"
)

// A damage is one thing that is wrong.
type damage struct {
	Object string   `json:"object"`
	Path   string   `json:"path,omitempty"`
	Chunk  []uint32 `json:"chunk,omitempty"`
	Error  string   `json:"error"`
}

func (p *program) repoCheckCommand() *cobra.Command {
	var deep bool
	cmd := &cobra.Command{
		Use:   "check ADDRESS",
		Short: "Read a repository and report all that is damaged",
		Long: `Read a repository and report all that is damaged: objects that are missing or
cut, tables that do not fit together, references to chunks that are not there.
With --deep every chunk is read and decoded too. Nothing is changed. What is
not reported can be read. Ends with exit code 1 when something was found.`,
		Example: "  outcore repo check data/lab\n  outcore repo check 'data/lab@v1#/' --deep",
		Args:    exactly(1, "the address of a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			pl, err := openPlace(ctx, args[0], icechunk.Options{Budget: j.budget})
			if err != nil {
				return nil, err
			}
			defer pl.Close()
			if err := pl.whole(); err != nil {
				return nil, err
			}
			found := []damage{}
			var refused error // arrays for which there is too little memory
			for f, err := range pl.Check(ctx, pl.ref, deep) {
				if err != nil {
					return found, err
				}
				if more := (*memory.RefusedError)(nil); errors.As(f.Err, &more) {
					fmt.Fprintf(p.stderr, "not looked at: %v\n", f.Err)
					if least := (*memory.RefusedError)(nil); !errors.As(refused, &least) || least.Need < more.Need {
						refused = f.Err
					}
					continue
				}
				found = append(found, damage{f.Object, f.Path, f.Index, f.Err.Error()})
				if !p.json {
					fmt.Fprintln(p.stdout, findingText(f))
				}
			}
			if len(found) > 0 {
				return found, errs.New(errs.Corrupt, "%d damaged or missing objects in %s", len(found), args[0])
			}
			if refused != nil {
				return found, refused
			}
			if !p.json {
				fmt.Fprintf(p.stdout, "%s: nothing is wrong\n", args[0])
			}
			return found, nil
		}),
	}
	cmd.Flags().BoolVar(&deep, "deep", false, "read and decode every chunk")
	return cmd
}

// findingText is one line about f.
func findingText(f icechunk.Finding) string {
	s := f.Object
	if f.Path != "" {
		s += ", " + f.Path
	}
	if f.Index != nil {
		s += " chunk " + strings.Trim(strings.ReplaceAll(fmt.Sprint(f.Index), " ", ","), "[]")
	}
	return visible(s + ": " + f.Err.Error())
}

func (p *program) repoDigestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "digest ADDRESS",
		Short: "Print the SHA-256 of what a repository holds",
		Long: `Print the SHA-256 of what a version of a repository holds: paths, metadata and
decoded elements. Two repositories with the same content have the same digest,
however their chunks are compressed and whenever they were committed.`,
		Example: "  outcore repo digest data/lab\n  outcore repo digest 'data/lab@v1#/'",
		Args:    exactly(1, "the address of a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			pl, err := openPlace(ctx, args[0], icechunk.Options{Budget: j.budget})
			if err != nil {
				return nil, err
			}
			defer pl.Close()
			if err := pl.whole(); err != nil {
				return nil, err
			}
			digest, err := pl.Digest(ctx, pl.ref)
			if err != nil {
				return nil, err
			}
			if !p.json {
				fmt.Fprintln(p.stdout, digest)
			}
			return map[string]string{"digest": digest}, nil
		}),
	}
}
