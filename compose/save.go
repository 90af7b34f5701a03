package compose

import (
	"encoding/json"
)

// modelFile is the file that makes a folder a model.
const modelFile = "model.json"

// Save writes m: first the arrays, each to a file named by its content, then
// model.json. A model that was there is replaced whole at that moment, and its
// arrays are removed afterwards. It gives the digest of m (see Digest).
func (m *Model) Save(s Store) (string, error) {
	b, files, err := m.encode()
	if err != nil {
		return "", err
	}
	old := listed(s)
	for _, f := range files {
		if err := s.Put(f.name, f.data); err != nil {
			return "", err
		}
	}
	if err := s.Put(modelFile, b); err != nil {
		return "", err
	}
	if r, ok := s.(Remover); ok {
		for _, f := range files {
			delete(old, f.name)
		}
		for name := range old {
			if err := r.Remove(name); err != nil {
				return "", err
			}
		}
	}
	return digest(b), nil
}

// listed gives the arrays of the model in s, none when there is no sound one.
func listed(s Store) map[string]bool {
	names := map[string]bool{}
	b, err := s.ReadAll(modelFile, maxDocument)
	if err != nil {
		return names
	}
	var doc document
	if json.Unmarshal(b, &doc) != nil {
		return names
	}
	for _, step := range doc.Steps {
		for _, a := range step.Arrays {
			if a.check() == nil { // so that nothing but an array is removed
				names[a.File] = true
			}
		}
	}
	return names
}
