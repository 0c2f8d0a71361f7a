# The site as one image. It starts only with SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL (cssr/settings.py);
# `docker run … python manage.py migrate` before the first start and after each update.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --requirement requirements.txt
WORKDIR /site
COPY . .
RUN SECRET_KEY=only-to-collect-static-files /venv/bin/python manage.py collectstatic --no-input

FROM python:3.11.14-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PRODUCTION=yes HOST=0.0.0.0 PORT=8000
RUN useradd --system --no-create-home site
COPY --from=build /venv /venv
COPY --from=build /site /site
WORKDIR /site
USER site
EXPOSE 8000
CMD ["gunicorn", "cssr.wsgi"]
