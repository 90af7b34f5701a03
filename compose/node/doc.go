// Package node keeps models in a repository: a model is a group whose attribute
// is its model.json, and below it the arrays that names, as files of a folder
// are (docs/format/model.md).
//
//	m, err := compose.Load(node.In(ctx, session, "/models/scaled"), 0)
//	digest, err := m.Save(node.In(ctx, session, "/models/scaled"))
//	_, err = session.Commit(ctx, "learned")
//
// It is a room of its own so that programs that only load a model from a folder
// link no array store.
package node
