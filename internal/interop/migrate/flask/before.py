"""A service on Flask-JWT-Extended, as its documentation shows one with refresh tokens."""

import os
from datetime import timedelta

from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)


def new(secret):
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = secret
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=1)
    JWTManager(app)

    @app.route("/login", methods=["POST"])
    def login():
        username = request.json.get("username", None)
        password = request.json.get("password", None)
        if username != "test" or password != "test":
            return jsonify({"msg": "Bad username or password"}), 401
        return jsonify(
            access_token=create_access_token(identity=username, fresh=True),
            refresh_token=create_refresh_token(identity=username),
        )

    @app.route("/refresh", methods=["POST"])
    @jwt_required(refresh=True)
    def refresh():
        return jsonify(access_token=create_access_token(identity=get_jwt_identity()))

    @app.route("/me")
    @jwt_required()
    def me():
        return jsonify(logged_in_as=get_jwt_identity())

    @app.route("/password")
    @jwt_required(fresh=True)
    def password():
        return jsonify(changed=get_jwt_identity())

    @app.route("/optional")
    @jwt_required(optional=True)
    def optional():
        return jsonify(logged_in_as=get_jwt_identity() or "anonymous user")

    @app.route("/health")
    def health():
        return "ok"

    return app


if __name__ == "__main__":
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, new(os.environ["JWT_SECRET"]))
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()
