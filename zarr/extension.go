package zarr

import (
	"encoding/json"

	"github.com/outcore/outcore/errs"
)

// parseExtension reads what the format calls an extension: a bare name, or an
// object of name, configuration and must_understand. ignorable is true when the
// last is false.
func parseExtension(value json.RawMessage) (name string, config json.RawMessage, ignorable bool, err error) {
	if decode(value, &name) == nil {
		if name == "" {
			return "", nil, false, errs.New(errs.Invalid, "found an empty name")
		}
		return name, nil, false, nil
	}
	members, err := parseObject(value)
	if err != nil {
		return "", nil, false, errs.New(errs.Invalid, "found %s, expected a name or an object with one", excerpt(value))
	}
	for _, m := range members {
		switch m.key {
		case "name":
			err = decode(m.value, &name)
		case "configuration":
			config = m.value
			if _, bad := parseObject(m.value); bad != nil {
				err = bad
			}
		case "must_understand":
			var must bool
			err = decode(m.value, &must)
			ignorable = !must
		default:
			err = errs.New(errs.Invalid, "unknown key")
		}
		if err != nil {
			return "", nil, false, errs.New(errs.Invalid, "%q: %w", m.key, err)
		}
	}
	if name == "" {
		return "", nil, false, errs.New(errs.Invalid, "found %s, expected a name", excerpt(value))
	}
	return name, config, ignorable, nil
}

// writeExtension writes it as an object, or as a bare name when bare and without
// configuration.
func (w *jsonWriter) writeExtension(name string, config json.RawMessage, bare bool) error {
	if bare && config == nil {
		w.text(name)
		return nil
	}
	w.open('{')
	w.key("name")
	w.text(name)
	if config != nil {
		w.key("configuration")
		if err := w.raw(config); err != nil {
			return err
		}
	}
	w.close('}')
	return nil
}

// fields reads a configuration: want maps its keys to where their values go.
// Keys that are missing leave the place as it is; others are an error.
func fields(config json.RawMessage, want map[string]any) error {
	if config == nil {
		return nil
	}
	members, err := parseObject(config)
	if err != nil {
		return err
	}
	for _, m := range members {
		p, ok := want[m.key]
		if !ok {
			return errs.New(errs.Unsupported, "unknown key %q", m.key)
		}
		if err := decode(m.value, p); err != nil {
			return errs.New(errs.Invalid, "%q: found %s: %w", m.key, excerpt(m.value), err)
		}
	}
	return nil
}
