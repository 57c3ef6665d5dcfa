// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"cmp"
	"crypto"
	"encoding/json"
	"io"
	"slices"
	"time"

	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// Options says which keys are demanded; nil accepts the key in the file, which
// then proves only that nothing changed.
type Options struct {
	Key       crypto.PublicKey // of the manifest
	BundleKey crypto.PublicKey // of every bundle
}

// Result is what the verification of a pack established, and what it did not.
type Result struct {
	FINESS   scanner.FINESS
	KeyID    string    // of the key that signed the manifest
	SealedAt time.Time // as that signer says
	Files    []File
	Bundles  []*bundle.Opened // in the order of their chain
	// Proven and NotProven are for people to read.
	Proven    []scanner.Text
	NotProven []scanner.Text
}

// Verify checks a pack without a network. An error is a *envelope.PartError
// that names the file which is wrong.
func Verify(r io.ReaderAt, size int64, o Options) (*Result, error) {
	files, err := readArchive(r, size)
	if err != nil {
		return nil, err
	}
	if err := checkSet(files); err != nil {
		return nil, err
	}
	result, err := verifyFiles(files, o)
	if err != nil {
		return nil, err
	}
	result.conclude(o)
	return result, nil
}

func verifyFiles(files []content, o Options) (*Result, error) {
	m, keyID, err := openManifest(files, o.Key)
	if err != nil {
		return nil, err
	}
	if err := m.check(files); err != nil {
		return nil, err
	}
	bundles, err := m.openBundles(files, o.BundleKey)
	if err != nil {
		return nil, err
	}
	if err := checkDossiers(files, bundles); err != nil {
		return nil, err
	}
	return &Result{FINESS: m.FINESS, KeyID: keyID, SealedAt: m.SealedAt, Files: m.Files, Bundles: bundles}, nil
}

func openManifest(files []content, key crypto.PublicKey) (manifest, string, error) {
	var m manifest
	i := slices.IndexFunc(files, func(f content) bool { return f.name == ManifestName })
	sealed, err := envelope.Open(files[i].data, PayloadType, key)
	if err != nil {
		return m, "", envelope.Wrong(ManifestName, "%w", err)
	}
	if err := bundle.CheckText(sealed.Payload, bundle.MaxDecoded); err != nil {
		return m, "", envelope.Wrong(ManifestName, "%w", err)
	}
	in := json.NewDecoder(bytes.NewReader(sealed.Payload))
	in.DisallowUnknownFields()
	if err := in.Decode(&m); err != nil {
		return m, "", envelope.Wrong(ManifestName, "decode: %w", err)
	}
	if m.Schema != Schema || m.SealedAt.IsZero() {
		return m, "", envelope.Wrong(ManifestName, "schema %.40q is not %q, or the moment of sealing is missing", m.Schema, Schema)
	}
	return m, sealed.KeyID, nil
}

// check holds the files against the list that was signed.
func (m manifest) check(files []content) error {
	listed := map[string]File{}
	for _, f := range m.Files {
		listed[f.Name] = f
	}
	if len(listed) != len(m.Files) {
		return envelope.Wrong(ManifestName, "it lists a file twice")
	}
	for _, f := range files {
		entry, ok := listed[f.name]
		delete(listed, f.name)
		if f.name == ManifestName {
			continue // it cannot list its own digest
		}
		if !ok {
			return envelope.Wrong(f.name, "the manifest does not list it")
		}
		if entry.Size != len(f.data) || entry.Digest != scanner.Digest(f.data) {
			return envelope.Wrong(f.name, "its content is not the one that was signed")
		}
	}
	for name := range listed {
		return envelope.Wrong(partOf(name), "the manifest lists it and it is missing")
	}
	return nil
}

func (m manifest) openBundles(files []content, key crypto.PublicKey) ([]*bundle.Opened, error) {
	var list []*bundle.Opened
	for _, f := range files {
		if !bundleName.MatchString(f.name) {
			continue
		}
		opened, err := bundle.Open(f.data, bundle.Options{Key: key})
		if err != nil {
			return nil, envelope.Wrong(f.name, "%w", err)
		}
		if f.name != opened.Header.ID+bundle.Extension || opened.Header.FINESS != m.FINESS {
			return nil, envelope.Wrong(f.name, "it holds bundle %s of establishment %s", opened.Header.ID, opened.Header.FINESS)
		}
		list = append(list, opened)
	}
	slices.SortFunc(list, func(a, b *bundle.Opened) int {
		return cmp.Or(cmp.Compare(a.Header.AgentID, b.Header.AgentID), cmp.Compare(a.Header.Seq, b.Header.Seq))
	})
	return list, nil
}

// checkDossiers demands that each dossier cites a bundle of the pack by its
// digest: otherwise it is the dossier of something else.
func checkDossiers(files []content, bundles []*bundle.Opened) error {
	for _, l := range scanner.Langs() {
		i := slices.IndexFunc(files, func(f content) bool { return f.name == DossierName(l) })
		if i < 0 {
			continue
		}
		cited := slices.ContainsFunc(bundles, func(b *bundle.Opened) bool {
			return bytes.Contains(files[i].data, []byte(b.Digest))
		})
		if !cited {
			return envelope.Wrong(files[i].name, "it cites no bundle of this pack")
		}
	}
	return nil
}
