package zarr

import (
	"context"
	"errors"
	"slices"

	"github.com/outcore/outcore/errs"
)

// A pipeline is the codecs of an array made ready for chunks of one shape: an
// order of axes, one codec from elements to bytes, filters. It is read-only and
// serves all goroutines.
type pipeline struct {
	kind  DataType
	shape []uint64 // of a chunk
	fill  []byte   // one element
	count int      // elements of a chunk
	size  int      // bytes of a chunk; 0 when they vary

	order   []int    // axis k of the stored chunk is axis order[k]; nil = as it is
	stored  []uint64 // shape of the stored chunk
	swap    int      // bytes of a word whose bytes are stored the other way round; 0 = none
	vlen    string   // name of the codec of variable-length elements
	shard   *shard   // nil when the chunk is not cut further
	filters []filter
	names   []string // of the filters, for errors

	// bounds[i] is the most bytes filter i is given when encoding; the last is
	// the most that is stored. nil when sizes vary.
	bounds []int
}

// newPipeline makes codecs ready. errs.Invalid and errs.Unsupported name the
// codec. depth is the shards around it.
func newPipeline(specs []CodecSpec, t DataType, shape []uint64, fill []byte, depth int) (*pipeline, error) {
	p := &pipeline{kind: t, shape: shape, stored: shape, fill: fill, count: int(product(1, shape))}
	p.size = p.count * t.Size
	if !t.Known() {
		return nil, errs.New(errs.Unsupported, "data type %s is not known", t)
	}
	i := 0
	for ; i < len(specs) && specs[i].Name == "transpose"; i++ {
		if err := p.addTranspose(specs[i].Config); err != nil {
			return nil, errs.New(kindOf(err), "codec transpose: %w", err)
		}
	}
	if i == len(specs) {
		return nil, errs.New(errs.Invalid, "there is no codec from elements to bytes")
	}
	if err := p.setBytes(specs[i], depth); err != nil {
		return nil, errs.New(kindOf(err), "codec %s: %w", specs[i].Name, err)
	}
	for _, c := range specs[i+1:] {
		f, err := newFilter(c, t.Size)
		if err != nil {
			return nil, errs.New(kindOf(err), "codec %s: %w", c.Name, err)
		}
		p.filters = append(p.filters, f)
		p.names = append(p.names, c.Name)
	}
	if !t.Varying() {
		n := p.size
		if p.shard != nil {
			n = p.shard.bound()
		}
		p.bounds = []int{n}
		for _, f := range p.filters {
			n = f.bound(n)
			p.bounds = append(p.bounds, n)
		}
	}
	return p, nil
}

// setBytes takes the codec from elements to bytes.
func (p *pipeline) setBytes(c CodecSpec, depth int) error {
	switch c.Name {
	case "bytes":
		endian := ""
		if err := fields(c.Config, map[string]any{"endian": &endian}); err != nil {
			return err
		}
		switch {
		case p.kind.Varying():
			return errs.New(errs.Invalid, "elements of %s are of variable length", p.kind)
		case endian == "big" && p.kind.word() > 1:
			p.swap = p.kind.word()
		case endian != "little" && endian != "big" && (endian != "" || p.kind.word() > 1):
			return errs.New(errs.Invalid, "endian %q, expected little or big", endian)
		}
		return nil
	case "vlen-utf8", "vlen-bytes":
		if !p.kind.Varying() {
			return errs.New(errs.Invalid, "elements of %s are of fixed length", p.kind)
		}
		if p.order != nil {
			return errs.New(errs.Unsupported, "behind a transpose")
		}
		p.vlen = c.Name
		return fields(c.Config, nil)
	case "sharding_indexed":
		var err error
		p.shard, err = newShard(c.Config, p.kind, p.stored, p.fill, depth)
		return err
	case "zstd", "gzip", "crc32c", "blosc":
		return errs.New(errs.Invalid, "it stands before a codec that gives bytes")
	}
	return errs.New(errs.Unsupported, "unknown codec")
}

// decode reads a chunk into dst, which is size bytes.
func (p *pipeline) decode(ctx context.Context, c Chunk, dst []byte, s *Scratch) error {
	target := dst
	if p.order != nil {
		var err error
		if target, err = s.buffer(bufElements, p.size); err != nil {
			return err
		}
	}
	if p.shard != nil {
		whole, err := p.unfiltered(ctx, c, s)
		if err != nil {
			return err
		}
		if err := p.shard.decode(ctx, whole, target, s); err != nil {
			return err
		}
	} else {
		got, err := p.payload(ctx, c, target, s)
		switch {
		case err != nil:
			return err
		case len(got) != p.size:
			return errs.New(errs.Corrupt, "%d bytes, expected %d", len(got), p.size)
		case p.size > 0 && &got[0] != &target[0]:
			copy(target, got)
		}
		swapBytes(target, p.swap)
	}
	if p.order != nil {
		p.restore(dst, target)
	}
	return nil
}

// unfiltered is c without the filters: c itself when there are none.
func (p *pipeline) unfiltered(ctx context.Context, c Chunk, s *Scratch) (Chunk, error) {
	if len(p.filters) == 0 {
		return c, nil
	}
	room, err := s.buffer(bufShard, p.bounds[0])
	if err != nil {
		return nil, err
	}
	s.whole, err = p.payload(ctx, c, room, s)
	return &s.whole, err
}

// payload reads c and undoes the filters. The result is in target, unless a
// filter gave a part of what it was given.
func (p *pipeline) payload(ctx context.Context, c Chunk, target []byte, s *Scratch) ([]byte, error) {
	most := p.bounds[len(p.filters)]
	size := c.Size()
	if size < 0 || size > int64(most) {
		return nil, errs.New(errs.Corrupt, "%d stored bytes, expected at most %d", size, most)
	}
	if len(p.filters) == 0 {
		if size > int64(len(target)) {
			return nil, errs.New(errs.Corrupt, "%d stored bytes, expected %d", size, len(target))
		}
		return target[:size], c.ReadAt(ctx, target[:size], 0)
	}
	cur, ok, err := lent(ctx, c)
	if err != nil {
		return nil, err
	}
	if !ok {
		if cur, err = s.buffer(bufStored, most); err != nil {
			return nil, err
		}
		cur = cur[:size]
		if err := c.ReadAt(ctx, cur, 0); err != nil {
			return nil, err
		}
	}
	for i := len(p.filters) - 1; i >= 0; i-- {
		room := target
		if i > 0 {
			if room, err = s.buffer(bufPing+i%2, p.bounds[i]); err != nil {
				return nil, err
			}
		}
		cur, err = p.filters[i].decode(room[:0:p.bounds[i]], cur, s)
		if err != nil {
			return nil, p.inFilter(i, err)
		}
	}
	return cur, nil
}

// inFilter names the codec; what a filter found too large is damaged, since the
// size is known.
func (p *pipeline) inFilter(i int, err error) error {
	kind := kindOf(err)
	if errors.Is(err, errs.TooLarge) {
		kind = errs.Corrupt
	}
	return errs.New(kind, "codec %s: %w", p.names[i], err)
}

// encode gives src, size bytes, as it is stored: in a buffer of s, or src itself.
func (p *pipeline) encode(ctx context.Context, src []byte, s *Scratch) ([]byte, error) {
	if p.order != nil || p.swap > 0 {
		b, err := s.buffer(bufElements, p.size)
		if err != nil {
			return nil, err
		}
		if p.order != nil {
			p.permute(b, src)
		} else {
			copy(b, src)
		}
		swapBytes(b, p.swap)
		src = b
	}
	if p.shard != nil {
		var err error
		if src, err = p.shard.encode(ctx, src, s); err != nil {
			return nil, err
		}
	}
	return p.filter(src, s)
}

// filter puts src through the filters.
func (p *pipeline) filter(cur []byte, s *Scratch) ([]byte, error) {
	for i, f := range p.filters {
		buf := bufPing + i%2
		if i == len(p.filters)-1 {
			buf = bufStored
		}
		room, err := s.buffer(buf, f.bound(len(cur)))
		if err != nil {
			return nil, err
		}
		if cur, err = f.encode(room[:0], cur, s); err != nil {
			return nil, p.inFilter(i, err)
		}
	}
	return cur, nil
}

// scratch is the most bytes a Scratch comes to hold for reading and writing.
func (p *pipeline) scratch() int {
	n := 0
	if p.kind.Varying() {
		n = usualVarying
		for range p.filters {
			n += 2 * usualVarying
		}
	}
	if len(p.bounds) > 1 {
		n += p.bounds[len(p.filters)] // bufStored
		between := slices.Clone(p.bounds[1:len(p.filters)])
		slices.Sort(between)
		slices.Reverse(between)
		for _, b := range between[:min(2, len(between))] {
			n += b
		}
	}
	if p.order != nil || p.swap > 0 {
		n += p.size
	}
	if p.shard != nil {
		n += p.shard.scratch()
	}
	for _, f := range p.filters {
		n += f.memory()
	}
	return n
}

// held is a Chunk of bytes in memory.
type held []byte

func (h *held) Size() int64 { return int64(len(*h)) }
func (h *held) ID() string  { return "" }

// Lend is Lender's.
func (h *held) Lend(context.Context) ([]byte, bool, error) { return *h, true, nil }

func (h *held) ReadAt(_ context.Context, p []byte, off int64) error {
	if off < 0 || off > int64(len(*h)) || copy(p, (*h)[off:]) < len(p) {
		return errs.New(errs.Corrupt, "bytes %d to %d of %d", off, off+int64(len(p)), len(*h))
	}
	return nil
}
