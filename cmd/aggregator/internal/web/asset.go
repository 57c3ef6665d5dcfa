// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed layout pages static locale
var files embed.FS

// assets are the files that pages ask for, by name.
type assets map[string]asset

// asset is served under the hash of its content, so that a browser may keep it
// for ever and never show an old one.
type asset struct {
	content []byte
	hash    string
}

const styleName = "style.css"

// loadAssets reads the static files, and joins the style of every page behind
// that of the layout.
func loadAssets() (assets, error) {
	all := assets{}
	if err := all.addStatic(); err != nil {
		return nil, err
	}
	var style []byte
	for _, pattern := range []string{"layout/*.css", "pages/*/*.css"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("list styles: %w", err)
		}
		for _, name := range names {
			part, err := files.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("read style: %w", err)
			}
			style = append(style, part...)
		}
	}
	all.add(styleName, style)
	return all, nil
}

func (a assets) addStatic() error {
	names, err := fs.Glob(files, "static/*")
	if err != nil {
		return fmt.Errorf("list assets: %w", err)
	}
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read asset: %w", err)
		}
		a.add(path.Base(name), content)
	}
	return nil
}

func (a assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	a[name] = asset{content, hex.EncodeToString(sum[:8])}
}

// path is where a page finds an asset; an unknown one is a broken template.
func (a assets) path(name string) (string, error) {
	found, ok := a[name]
	if !ok {
		return "", fmt.Errorf("no asset is called %q", name)
	}
	return "/static/" + found.hash + "/" + name, nil
}

func (s *Server) assetShow(w http.ResponseWriter, r *http.Request) {
	found, ok := s.assets[r.PathValue("name")]
	if !ok || found.hash != r.PathValue("hash") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, r.PathValue("name"), time.Time{}, bytes.NewReader(found.content))
}
