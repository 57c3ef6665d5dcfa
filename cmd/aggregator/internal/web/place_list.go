// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"net/http"
	"slices"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// placesBody is where the establishments belong.
type placesBody struct {
	Homes  []store.Home
	GHTs   []string
	Notice string // key of a sentence
}

func (s *Server) placeList(v *visit) error { return v.showPlaces("") }

func (v *visit) showPlaces(notice string) error {
	homes, err := v.server.store.Homes(v.Context(), v.scope())
	body := placesBody{Homes: homes, Notice: notice}
	for _, h := range homes {
		if h.GHT != "" && !slices.Contains(body.GHTs, h.GHT) {
			body.GHTs = append(body.GHTs, h.GHT)
		}
	}
	if err != nil {
		return err
	}
	return v.render(statusOf(notice), "places", body)
}

func (s *Server) placeSet(v *visit) error {
	site, err := s.store.Establishment(v.Context(), v.scope(), scanner.FINESS(v.PostFormValue("finess")))
	if err != nil {
		return err
	}
	var legal scanner.FINESS
	if text := v.PostFormValue("legal"); text != "" {
		if legal, _, err = scanner.ParseFINESS(text); err != nil {
			return v.showPlaces("places.bad_legal")
		}
	}
	ght, err := access.ParseGHT(v.PostFormValue("ght"))
	if err != nil {
		return v.showPlaces("places.bad_ght")
	}
	if err := s.store.PlaceEstablishment(v.Context(), site.FINESS, legal, ght); err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "place-establishment", fmt.Sprintf("%s, %s, %s", site.FINESS, legal, ght)); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/places", http.StatusSeeOther)
	return nil
}
