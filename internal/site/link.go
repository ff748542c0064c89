package main

import (
	"errors"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

var scheme = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:|//)`)

// link is where a link of a page leads in the site: to a page of it, or to a file
// in the repository.
func (s *site) link(p *page, target string) ([]byte, error) {
	if scheme.MatchString(target) || strings.HasPrefix(target, "#") {
		return []byte(target), nil
	}
	name, fragment, _ := strings.Cut(target, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		return nil, err
	}
	name = path.Join(path.Dir(p.Source), name)
	if to := s.pages[name]; to != nil {
		return []byte(p.Href(to) + fragment), nil
	}
	info, err := fs.Stat(s.tree, name)
	if err != nil {
		return nil, fmt.Errorf("link to %s: %w", target, err)
	}
	kind := "/blob/main/"
	if info.IsDir() {
		kind = "/tree/main/"
	}
	return []byte(repository + kind + name + fragment), nil
}

// image is where a picture of a page is in the site. One from elsewhere has no
// place there: a page fetches nothing from others.
func (s *site) image(p *page, target string) ([]byte, error) {
	if scheme.MatchString(target) {
		return nil, nil
	}
	name := path.Join(path.Dir(p.Source), target)
	picture, err := fs.ReadFile(s.tree, name)
	if err != nil {
		return nil, fmt.Errorf("picture %s: %w", target, err)
	}
	s.files[name] = picture
	return []byte(p.Top + name), nil
}

var (
	reference = regexp.MustCompile(`\s(href|src)="([^"]*)"`)
	anchor    = regexp.MustCompile(`\sid="([^"]*)"`)
	loads     = regexp.MustCompile(`<(?:script|img|link|iframe|source|video|audio)\s[^>]*(?:src|href)="(?:[a-z]+:|//)[^"]*"|url\(\s*['"]?(?:[a-z]+:|//)|@import`)
)

// check follows every link within the site, and demands that nothing is loaded
// from elsewhere.
func check(files siteFiles) error {
	ids := map[string]bool{}
	for name, content := range files {
		for _, m := range anchor.FindAllSubmatch(content, -1) {
			ids[name+"#"+string(m[1])] = true
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, found := range loads.FindAll(files[name], -1) {
			if ext := path.Ext(name); ext == ".html" || ext == ".css" || ext == ".svg" {
				errs = append(errs, fmt.Errorf("%s loads from elsewhere: %s", name, found))
			}
		}
		if path.Ext(name) != ".html" {
			continue
		}
		for _, m := range reference.FindAllSubmatch(files[name], -1) {
			target := html.UnescapeString(string(m[2]))
			if scheme.MatchString(target) {
				continue
			}
			to, fragment, _ := strings.Cut(target, "#")
			to, err := url.PathUnescape(to)
			if err != nil {
				errs = append(errs, err)
			}
			if to == "" {
				to = name
			} else {
				to = path.Join(path.Dir(name), to)
			}
			fragment, _ = url.PathUnescape(fragment)
			if _, ok := files[to]; !ok || fragment != "" && !ids[to+"#"+fragment] {
				errs = append(errs, fmt.Errorf("%s: link to %s: there is no such place", name, target))
			}
		}
	}
	return errors.Join(errs...)
}
