// Command site makes a static site of the documents: the README, docs, and what
// docs/README.md leads to. In this directory:
//
//	GOWORK=off go run . -o public
//	GOWORK=off go run . -serve 127.0.0.1:8000
//
// What a page needs is beside it: it fetches nothing from elsewhere, and without
// scripts it lacks the search alone. Links to pages become links of the site, those
// to other files lead to the repository, and one that leads nowhere is an error.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

func main() {
	log.SetFlags(0)
	root := flag.String("root", "../..", "the checkout")
	out := flag.String("o", "public", "directory for the site; what is in it already stays, unless it is written anew")
	addr := flag.String("serve", "", "serve the site at this address in place of writing it")
	flag.Parse()
	files, err := build(os.DirFS(*root))
	switch {
	case err != nil:
	case *addr != "":
		err = serve(*addr, files)
	default:
		err = write(*out, files)
	}
	if err != nil {
		log.Fatal("site: ", err)
	}
}

func write(dir string, files siteFiles) error {
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d files\n", dir, len(files))
	return nil
}

func serve(addr string, files siteFiles) error {
	fmt.Printf("http://%s, Ctrl-C stops it\n", addr)
	server := &http.Server{Addr: addr, Handler: http.FileServerFS(files.fs()), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}
